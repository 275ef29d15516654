package org.diffusionnft.onnx.operator;

import org.diffusionnft.onnx.value.NdArray;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a convolution.
 *
 * @param weight the weights of all filters
 * @param bias one number per filter, if there is a bias
 * @param window the filters' window
 * @param groups number of groups that channels and filters are split into
 */
record Filters(NdArray weight, @Nullable NdArray bias, Window window, int groups) {}
