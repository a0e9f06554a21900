/* Pictures that wait in the H.264 writer. */
#include <stdlib.h>

#include "picture_queue.h"

void queue_init(picture_queue *queue)
{
    queue->head = NULL;
    queue->tail = &queue->head;
}

void queue_put(picture_queue *queue, picture *entry)
{
    entry->next = NULL;
    *queue->tail = entry;
    queue->tail = &entry->next;
}

picture *queue_take(picture_queue *queue)
{
    picture *entry = queue->head;
    if (!entry)
        return NULL;
    queue->head = entry->next;
    if (!queue->head)
        queue->tail = &queue->head;
    return entry;
}

picture *queue_take_last(picture_queue *queue)
{
    picture **link = &queue->head;
    while (*link && (*link)->next)
        link = &(*link)->next;
    picture *last = *link;
    *link = NULL;
    queue->tail = link;
    return last;
}

void picture_free(picture *entry)
{
    for (int i = 0; i < 3; i++)
        free(entry->planes[i]);
    free(entry);
}

void queue_free(picture_queue *queue)
{
    for (picture *entry; (entry = queue_take(queue));)
        picture_free(entry);
}
