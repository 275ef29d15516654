/** ShapesWorld's diffusion transformer, and how it is sampled. */
@NullMarked
package org.diffusionnft.shapes.model;

import org.jspecify.annotations.NullMarked;
