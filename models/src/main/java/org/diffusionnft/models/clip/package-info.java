/** CLIP whole: its image encoder, both encoders together, and what pictures go through before. */
@NullMarked
package org.diffusionnft.models.clip;

import org.jspecify.annotations.NullMarked;
