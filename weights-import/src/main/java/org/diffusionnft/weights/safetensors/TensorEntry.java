package org.diffusionnft.weights.safetensors;

import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.StoredType;

/**
 * Where a tensor is in a safetensors file.
 *
 * @param name its key in the header
 * @param type how its numbers lie there
 * @param shape its dimensions
 * @param begin its first byte, counted from the end of the header
 * @param end the byte after its last, counted from the end of the header
 */
public record TensorEntry(String name, StoredType type, Shape shape, long begin, long end) {}
