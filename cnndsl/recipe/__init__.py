"""What a `train` block may say: records without NumPy. What they do is in `cnndsl.train` and in the backends."""
