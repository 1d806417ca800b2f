"""What a `train` block may say: records without NumPy. What they do is in `cnndsl.training` and in the backends."""
