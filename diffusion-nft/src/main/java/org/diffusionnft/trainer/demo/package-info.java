/** The main job, end to end, on the embedded world: what {@code dnft demo} runs and writes. */
@NullMarked
package org.diffusionnft.trainer.demo;

import org.jspecify.annotations.NullMarked;
