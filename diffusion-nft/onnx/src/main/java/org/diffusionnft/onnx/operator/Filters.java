package org.diffusionnft.onnx.operator;

import org.diffusionnft.onnx.value.NdArray;
import org.jspecify.annotations.Nullable;

/**
 * What an input is convolved with.
 *
 * @param weight of every filter
 * @param bias a number for each filter, if there is one
 * @param window where the filters look
 * @param groups parts that channels and filters are cut into, each for itself
 */
record Filters(NdArray weight, @Nullable NdArray bias, Window window, int groups) {}
