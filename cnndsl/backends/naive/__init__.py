"""The definition of every layer: loops that read like the tutorial's formulas. What is fast is compared with this.

One file a layer; they are found by looking into this folder. Shapes are given without the samples' axis where a
formula is about one sample.
"""
