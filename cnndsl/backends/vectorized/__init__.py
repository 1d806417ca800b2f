"""NumPy kernels without a loop over pixels or channels.

One file a layer; they are found by looking into this folder.
"""
