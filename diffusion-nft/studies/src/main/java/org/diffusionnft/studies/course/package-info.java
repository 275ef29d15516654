/** The course: six chapters, each a picture of a two-dimensional world that fits on paper. */
@NullMarked
package org.diffusionnft.studies.course;

import org.jspecify.annotations.NullMarked;
