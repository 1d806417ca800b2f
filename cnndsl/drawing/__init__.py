"""Pictures of graphs: what stands in a box, where boxes and lines go, and a file for each form."""
