/**
 * Pictures from prompts with a model on disk: one stage after the other, and files of the result.
 */
@NullMarked
package org.diffusionnft.pipeline;

import org.jspecify.annotations.NullMarked;
