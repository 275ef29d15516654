package org.diffusionnft.shapes.pretrain;

/**
 * The batch of one step: B noised pictures of N numbers with captions of T words of dimension D.
 *
 * @param noised {@code (1 - σ) x₀ + σ ε}, {@code [B, N]}
 * @param target the velocity {@code ε - x₀}, {@code [B, N]}
 * @param levels noise levels σ in (0, 1), {@code [B]}
 * @param tokens caption embeddings, {@code [B, T, D]}
 * @param pooled pooled captions, {@code [B, D]}
 */
record ShapesBatch(
    float[] noised, float[] target, float[] levels, float[] tokens, float[] pooled) {}
