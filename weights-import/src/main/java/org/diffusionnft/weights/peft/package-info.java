/** Adapters as PEFT folders and as diffusers' files. */
@NullMarked
package org.diffusionnft.weights.peft;

import org.jspecify.annotations.NullMarked;
