package org.diffusionnft.tensor;

/**
 * The kernels of a device, in eight small families.
 *
 * @param elementwise elementwise kernels
 * @param reductions sums and maxima along axes
 * @param matrices matrix products
 * @param convolutions 2-D convolutions
 * @param attention attention without a stored score matrix
 * @param norms layer norm, RMS norm, softmax
 * @param layout kernels that only move elements
 * @param optimizer in-place updates: AdamW and interpolation
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
