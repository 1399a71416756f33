"""Counting: facets, histograms, and the numbers of the hours that make them fast."""
