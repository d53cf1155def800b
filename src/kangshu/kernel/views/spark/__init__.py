"""SQL of packs on Spark: the same statements, transpiled, and ViewDefinitions on each partition."""
