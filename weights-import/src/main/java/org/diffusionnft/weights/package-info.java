/** Safetensors, checkpoint layouts and PEFT adapters. */
@NullMarked
package org.diffusionnft.weights;

import org.jspecify.annotations.NullMarked;
