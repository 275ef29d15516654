package example;

import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.http.exceptions.HttpStatusException;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import org.diffusionnft.tensor.InvalidInputException;

/** {@code GET /picture?prompt=...&seed=...} answers with a PNG. */
@Controller
class PictureController {
  private final Pictures pictures;

  PictureController(Pictures pictures) {
    this.pictures = pictures;
  }

  @Get(uri = "/picture", produces = MediaType.IMAGE_PNG)
  @ExecuteOn(TaskExecutors.BLOCKING) // a picture takes longer than the event loop may be held
  byte[] picture(@QueryValue String prompt, @QueryValue(defaultValue = "0") long seed) {
    try {
      return pictures.draw(prompt, seed);
    } catch (InvalidInputException e) {
      throw new HttpStatusException(HttpStatus.BAD_REQUEST, e.getMessage());
    }
  }
}
