/** Line charts as pictures. */
@NullMarked
package org.diffusionnft.studies.chart;

import org.jspecify.annotations.NullMarked;
