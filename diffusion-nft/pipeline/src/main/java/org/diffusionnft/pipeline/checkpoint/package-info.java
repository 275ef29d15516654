/** What is done to whole checkpoints: converted, merged, looked into, made up. */
@NullMarked
package org.diffusionnft.pipeline.checkpoint;

import org.jspecify.annotations.NullMarked;
