"""Keep what JAX compiles for the next call of the command."""

__all__ = ["keep_compiled"]


def keep_compiled() -> None:
    """Keep compiled functions in astropy's cache folder, unless JAX is told to keep them elsewhere."""
    import jax
    from astropy.config import get_cache_dir

    if jax.config.jax_compilation_cache_dir is None:  # type: ignore[attr-defined]  # an option of JAX
        jax.config.update("jax_compilation_cache_dir", get_cache_dir("galmorph"))
