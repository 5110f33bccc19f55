"""Computed bodies: shapes in patient millimetres painted into a grid of voxels."""
