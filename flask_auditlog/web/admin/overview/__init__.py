"""The parts of the overview: each asks for its figures, within the time that is left for all."""
