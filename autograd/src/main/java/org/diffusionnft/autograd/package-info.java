/** Tape, derivatives, layers and optimizers. */
@NullMarked
package org.diffusionnft.autograd;

import org.jspecify.annotations.NullMarked;
