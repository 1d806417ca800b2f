"""What the models that ship reach on the data that they are for."""
