/** Exported networks as rewards. */
@NullMarked
package org.diffusionnft.rewards.onnx;

import org.jspecify.annotations.NullMarked;
