"""Marks that members of staff draw on studies, and how they like their studies hung."""
