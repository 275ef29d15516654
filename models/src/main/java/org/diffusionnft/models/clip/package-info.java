/** CLIP: its image encoder, both encoders together, and linear heads on embeddings. */
@NullMarked
package org.diffusionnft.models.clip;

import org.jspecify.annotations.NullMarked;
