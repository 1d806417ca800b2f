"""Graph to graph. A pass is a frozen record around a plain function; the graph is verified after each."""
