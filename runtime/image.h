/* From a frame's image to its record. */
#ifndef RUNTIME_IMAGE_H
#define RUNTIME_IMAGE_H

#include "runtime/abi.h"

/* Writes the record of the frame with this image, at the point of that number; answers
 * the cursor behind it. */
uint8_t *rt_image_write(uint8_t *cursor, const struct rt_func_points *points,
                        struct rt_instance *instance, uint32_t number,
                        const uint64_t *image);

#endif
