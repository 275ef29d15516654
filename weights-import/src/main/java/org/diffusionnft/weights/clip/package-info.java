/** CLIP models with both encoders, from transformers and OpenCLIP. */
@NullMarked
package org.diffusionnft.weights.clip;

import org.jspecify.annotations.NullMarked;
