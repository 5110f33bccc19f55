"""HTTP as PS3.18 uses it: media types, multipart bodies both ways, ranges, validators."""
