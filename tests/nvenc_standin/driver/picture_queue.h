/* Pictures that wait in the H.264 writer, first in, first out. */
#ifndef STANDIN_PICTURE_QUEUE_H
#define STANDIN_PICTURE_QUEUE_H

#include "h264_writer.h"

typedef struct picture {
    struct picture *next;
    coded_picture info;
    uint32_t order_count;
    uint8_t *planes[3]; /* padded to whole macroblocks */
} picture;

typedef struct {
    picture *head;
    picture **tail;
} picture_queue;

void queue_init(picture_queue *queue);
void queue_put(picture_queue *queue, picture *entry);
void queue_free(picture_queue *queue);
void picture_free(picture *entry);

/* These answer NULL when the queue is empty. */
picture *queue_take(picture_queue *queue);
picture *queue_take_last(picture_queue *queue);

#endif
