"""The block coder of High-Throughput JPEG 2000 (ITU-T T.814). The codestream around it is that of
`jpeg2000`, which calls it."""
