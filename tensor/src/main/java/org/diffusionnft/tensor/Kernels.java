package org.diffusionnft.tensor;

/**
 * The kernels of a device, in eight small families.
 *
 * @param elementwise treat every element alike
 * @param reductions sums and maxima along axes
 * @param matrices matrix products
 * @param convolutions convolutions of pictures
 * @param attention attention without a stored score matrix
 * @param norms layer norm, RMS norm, softmax
 * @param layout kernels that only move elements
 * @param optimizer updates in place: AdamW and interpolation
 */
public record Kernels(
    ElementwiseKernels elementwise,
    ReductionKernels reductions,
    MatrixKernels matrices,
    ConvolutionKernels convolutions,
    AttentionKernels attention,
    NormKernels norms,
    LayoutKernels layout,
    OptimizerKernels optimizer) {}
