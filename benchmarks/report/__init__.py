"""Figures as text and pictures, put into the pages of the docs."""
