package org.diffusionnft.weights.safetensors;

import org.diffusionnft.tensor.Shape;
import org.diffusionnft.weights.StoredType;

/**
 * A tensor's entry in a safetensors file.
 *
 * @param name its key in the header
 * @param type its storage type
 * @param shape its dimensions
 * @param begin its first byte, counted from the end of the header
 * @param end the byte after its last, counted from the end of the header
 */
public record TensorEntry(String name, StoredType type, Shape shape, long begin, long end) {}
