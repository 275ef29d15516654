package org.diffusionnft.weights.safetensors;

import org.diffusionnft.tensor.DType;
import org.diffusionnft.tensor.Shape;

/**
 * Where a tensor is in a safetensors file.
 *
 * @param name its key in the header
 * @param dtype its element type
 * @param shape its dimensions
 * @param begin its first byte, counted from the end of the header
 * @param end the byte after its last, counted from the end of the header
 */
public record TensorEntry(String name, DType dtype, Shape shape, long begin, long end) {}
