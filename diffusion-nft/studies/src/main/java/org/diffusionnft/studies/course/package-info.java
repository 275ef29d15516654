/** The course: six chapters, each with a picture of a simple two-dimensional world. */
@NullMarked
package org.diffusionnft.studies.course;

import org.jspecify.annotations.NullMarked;
