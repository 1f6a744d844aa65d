"""Figures of schools, communes and provinces: counted where things change, summed along the tree, about nobody."""
