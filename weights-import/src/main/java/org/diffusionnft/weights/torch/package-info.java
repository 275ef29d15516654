/** PyTorch archives, read without running their code. */
@NullMarked
package org.diffusionnft.weights.torch;

import org.jspecify.annotations.NullMarked;
