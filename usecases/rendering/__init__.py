"""Studies that have gone quiet become ready-made pictures: frames, previews, manifests."""
