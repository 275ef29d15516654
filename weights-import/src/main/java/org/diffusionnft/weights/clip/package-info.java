/** CLIP models with both encoders, of transformers and OpenCLIP. */
@NullMarked
package org.diffusionnft.weights.clip;

import org.jspecify.annotations.NullMarked;
