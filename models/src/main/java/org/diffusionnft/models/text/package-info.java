/**
 * From a prompt to a diffusion model's conditioning: the tokenizers of CLIP and T5 as Hugging
 * Face's fast tokenizers compute them, and their encoders.
 */
@NullMarked
package org.diffusionnft.models.text;

import org.jspecify.annotations.NullMarked;
