/**
 * From a prompt to what a diffusion model sees: the tokenizers of CLIP and T5 as Hugging Face's
 * fast tokenizers compute them, and their encoders.
 */
@NullMarked
package org.diffusionnft.models.text;

import org.jspecify.annotations.NullMarked;
