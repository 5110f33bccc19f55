"""Bringing orders, images and reports of one examination together, in any order of arrival."""
