"""From text to graph: parse, bind arguments, lower; and back to text."""
