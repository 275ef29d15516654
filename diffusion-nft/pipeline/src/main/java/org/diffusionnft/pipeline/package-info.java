/** Pictures from prompts with a model on disk, stage by stage. */
@NullMarked
package org.diffusionnft.pipeline;

import org.jspecify.annotations.NullMarked;
