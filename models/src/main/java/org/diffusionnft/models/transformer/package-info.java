/** The diffusion transformer MMDiT-X of Stable Diffusion 3.5: embeddings, attention, blocks. */
@NullMarked
package org.diffusionnft.models.transformer;

import org.jspecify.annotations.NullMarked;
