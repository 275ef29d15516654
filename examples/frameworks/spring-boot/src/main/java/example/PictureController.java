package example;

import org.diffusionnft.tensor.InvalidInputException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** {@code GET /picture?prompt=...&seed=...} answers with a PNG. */
@RestController
class PictureController {
  private final Pictures pictures;

  PictureController(Pictures pictures) {
    this.pictures = pictures;
  }

  @GetMapping(path = "/picture", produces = MediaType.IMAGE_PNG_VALUE)
  byte[] picture(@RequestParam String prompt, @RequestParam(defaultValue = "0") long seed) {
    try {
      return pictures.draw(prompt, seed);
    } catch (InvalidInputException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }
}
