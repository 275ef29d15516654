/** Any exported network as a reward. */
@NullMarked
package org.diffusionnft.rewards.onnx;

import org.jspecify.annotations.NullMarked;
