"""The layers, one file each. They are found by looking into this folder; there is no list to keep."""
